/** What the usual package managers ask. */
export const networkPresets: Readonly<Record<string, readonly string[]>> = {
  npm: ["registry.npmjs.org"],
  pypi: ["pypi.org", "files.pythonhosted.org"],
  go: ["proxy.golang.org", "sum.golang.org"],
  crates: ["index.crates.io", "static.crates.io", "crates.io"],
  maven: ["repo.maven.apache.org", "repo1.maven.org"],
};

/** By which file in a repository's root each is known to be wanted. */
const manifests: Readonly<Record<string, RegExp>> = {
  npm: /^package\.json$/,
  pypi: /^(pyproject\.toml|setup\.py|requirements.*\.txt|Pipfile)$/,
  go: /^go\.mod$/,
  crates: /^Cargo\.toml$/,
  maven: /^(pom\.xml|build\.gradle(\.kts)?)$/,
};

export interface OfferedPreset {
  readonly preset: string;
  /** The file that speaks for it. */
  readonly file: string;
}

/** What sessions and runs of such a repository will ask for, as far as its root tells. */
export function offerPresets(files: readonly string[]): readonly OfferedPreset[] {
  return Object.keys(networkPresets).flatMap((preset) => {
    const file = files.find((name) => manifests[preset]?.test(name));
    return file === undefined ? [] : [{ preset, file }];
  });
}
