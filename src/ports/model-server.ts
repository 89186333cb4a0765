/** A model's server, as far as bots ask it anything themselves. */
export interface ModelServer {
  /** Sessions that it serves at once; undefined when it does not say, and then nobody waits for one. */
  countSlots(): Promise<number | undefined>;
}
