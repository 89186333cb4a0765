/** What the usual package managers ask. */
export const networkPresets: Readonly<Record<string, readonly string[]>> = {
  npm: ["registry.npmjs.org"],
  pypi: ["pypi.org", "files.pythonhosted.org"],
  go: ["proxy.golang.org", "sum.golang.org"],
  crates: ["index.crates.io", "static.crates.io", "crates.io"],
  maven: ["repo.maven.apache.org", "repo1.maven.org"],
};
