/** Who asks a forge; `token` may also be the account's password. */
export interface RemoteAccess {
  readonly forgeUrl: string;
  readonly login: string;
  readonly token: string;
}
