import { expect, test } from "vitest";
import { listProblems, makeFactory, shop } from "../../test/support/factories.ts";

const backend = "LLAMA_BASE_URL=http://host.docker.internal:8081\n";

test("a project's own prompt is taken, and one that names what there is not is refused with its place", () => {
  const own = '[prompts]\ncoding = """\nSolve {{title}}\n{{body}}"""\n';
  const wrong = "[prompts]\nreview = 'See {{dif}}'\n";
  const { projects } = makeFactory(`${backend}LLAMA_BOTS=a\n`, { shop: `${shop}${own}` });

  expect(projects[0]?.prompts).toEqual({ coding: "Solve {{title}}\n{{body}}" });
  expect(listProblems(`${backend}LLAMA_BOTS=a\n`, { shop: `${shop}${wrong}` })).toContain(
    "projects/shop.toml:5:1  prompts.review: line 1 names {{dif}}; there are number, title, said",
  );
});
