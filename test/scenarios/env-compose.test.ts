import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { run } from "../../src/adapters/process.ts";
import { setEnvironment } from "../../src/config/env-file.ts";
import { parseEnvironment } from "../../src/config/environment.ts";
import { loadEnvironment } from "../../src/config/load.ts";
import { describeWithDocker } from "../support/docker.ts";

/** Lines as people write them; each value is read by Compose itself and by us. */
const lines = String.raw`
A1='plain'
A2='a$b ${"$"}{A1} $A1'
A3="a'b"
A4='a\'b'
A5='a\nb'
A6='first
second'
A7='#no | comment' # comment
A8='end\\'
B1="it's \$x \"q\" \\ \n \t \r end"
B2="$A1 ${"$"}{A1} ${"$"}{NO:-fallback} ${"$"}{NO-x} ${"$"}{A1:+there} ${"$"}{NO:+not}"
B3="$$A1"
B4="a
b"
B5="\a\b\v\f\q"
C1=x#y
C2=x #y
C3=un"q"uoted'
C4=ü ñ 漢
C5=  lead and trail${"  "}
C6=$A1-${"$"}{A1}
C7=
C8= # why
export D1=exported
D2: yaml style
D3 = spaced
 D4=indented
D5=twice
D5=again
D.6=dotted
E1=${"$"}{NO:-${"$"}{ALSO:-y}}
E2=${"$"}{NO:-${"$"}{A1}} ${"$"}{NO:-$A1} a${"$"}{NO:-${"$"}{D5}}b$A1
E3=${"$"}{A1:+${"$"}{A1}y} ${"$"}{NO:+${"$"}{A1}} ${"$"}{C7+x} ${"$"}{C7:+x} ${"$"}{C7-x} ${"$"}{C7:-x}
E4=${"$"}{NO:-{a}} ${"$"}{NO:-a}b} ${"$"}{NO:-a{b} a} {
E5=${"$"}{NO:-a$$b} ${"$"}{NO:-$$x} a$ $1x $$$$
E6="${"$"}{NO:-a b} ${"$"}{NO:-$A1 c} x$"
E7="x
${"$"}{NO:-y}
z"
E8=${"$"}{NO:-http://x:1/} ${"$"}{NO-a:-b} ${"$"}{NO:-a?b} ${"$"}{NO:-'q'}
E9=$HOME/x ${"$"}{HOME:-no}
F1='a' # b
F2="a"#c
`;

/** What Compose refuses to read. */
const refused = toDollars([
  "A=§{NO:?must}",
  "A=§{NO?must}",
  "A=§{NO",
  'A="§{NO"',
  "A=§{NO:-§{B}",
  "A=§{}",
  "A=§{1}",
  "A=§{a.b}",
  "A=§{NO!x}",
  "A='a' 'b'",
  "A='x",
  "A B=1",
]);

/** What Compose fills with nothing, for it is handed no such variable. */
const unset = toDollars(["A=$NO", "A=§{NO}", "A=$B\nB=1", "A=$A", "A=§{NO:-$B}", "A=pa$word"]);

function toDollars(texts: readonly string[]): readonly string[] {
  return texts.map((text) => text.replaceAll("§", "$"));
}

describeWithDocker("the .env that Compose reads", () => {
  let folder: string;
  let warnings = "";

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "env-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** What a container would be given for each of these variables. */
  async function askCompose(keys: readonly string[]): Promise<Record<string, string>> {
    const environment = Object.fromEntries(keys.map((key) => [key, `\${${key}}`]));
    const file = JSON.stringify({ services: { s: { image: "x", environment } } });
    const argv = ["docker", "compose", "--project-directory", folder, "-f", "-"] as const;
    const config = [...argv, "config", "--format", "json"] as const;
    const { stdout, stderr, exitCode } = await run(config, { cwd: folder, input: file });
    if (exitCode !== 0) throw new Error(stderr);
    warnings = stderr;
    const { services } = JSON.parse(stdout) as {
      services: { s: { environment: Record<string, string> } };
    };
    const values = Object.entries(services.s.environment);
    return Object.fromEntries(values.map(([key, value]) => [key, value.replaceAll("$$", "$")]));
  }

  test("is read by us as Compose reads it, line by line", async () => {
    await writeFile(join(folder, ".env"), lines);
    const values = await loadEnvironment(folder);
    const keys = [...values.keys()].filter((key) => /^\w+$/.test(key));

    const ours = Object.fromEntries(keys.map((key) => [key, values.get(key)]));

    expect(parseEnvironment(".env", lines).problems).toEqual([]);
    expect(keys.length).toBeGreaterThan(30);
    expect(ours).toEqual(await askCompose(keys));
  });

  test.each(refused)("is refused by us where Compose refuses it: %s", async (text) => {
    await writeFile(join(folder, ".env"), `${text}\n`);

    await expect(askCompose(["A"])).rejects.toThrow();
    expect(parseEnvironment(".env", `${text}\n`).problems).toHaveLength(1);
  });

  test.each(unset)("is refused by us where Compose would fill in nothing: %s", async (text) => {
    await writeFile(join(folder, ".env"), `${text}\n`);

    await askCompose(["A"]);

    expect(warnings).toContain("variable is not set");
    expect(parseEnvironment(".env", `${text}\n`).problems).toHaveLength(1);
  });

  test("gives back every value that was set, byte for byte", async () => {
    const value = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: fc.constantFrom(..."'\"$\\#|{} \n\tab=ü") }),
    );
    const wanted = Object.fromEntries(
      fc.sample(value, 200).map((one, index) => [`KEY_${index}`, one] as const),
    );
    await setEnvironment(folder, wanted);

    expect(await askCompose(Object.keys(wanted))).toEqual(wanted);
  });
});
