/** What values of `.env` must look like, and what is said of those that do not. */

/** Forgejo's own rule (modules/validation/helpers.go), and no longer than a bot's name. */
export function isUserName(name: string): boolean {
  return name.length <= 40 && /^[A-Za-z0-9]+([-._][A-Za-z0-9]+)*$/.test(name);
}

export const factoryName = {
  is: (name: string) => /^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && name.length <= 15,
  refusal: (name: string) => ({
    message: `${JSON.stringify(name)} is not a valid factory name`,
    hint: "use at most 15 lower-case letters and digits, with single dashes between them",
  }),
};

export const httpUrl = {
  is: (url: string) => /^https?:\/\/[^\s/]/.test(url) && URL.canParse(url),
  refusal: () => ({
    message: "must be an http or https URL",
    hint: "write the whole URL, for example http://127.0.0.1:3000",
  }),
};

export const domainName = {
  is: (name: string) =>
    name.length <= 200 && /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9-]{1,63}$/.test(name),
  refusal: (name: string) => ({
    message: `${JSON.stringify(name)} is no domain name`,
    hint: "write the name alone, for example example.org: no scheme, no port, no path, lower case",
  }),
};

export const certificateAuthority = {
  is: (value: string) => value === "internal" || httpUrl.is(value),
  refusal: () => ({
    message: "is neither internal nor a URL",
    hint: "write internal, or the address of your authority's ACME directory",
  }),
};

export const userName = {
  is: isUserName,
  refusal: (name: string) => ({
    message: `${JSON.stringify(name)} cannot be a user name on the forge`,
    hint: "use at most 40 letters and digits, with single dashes, dots or underscores between them",
  }),
};
