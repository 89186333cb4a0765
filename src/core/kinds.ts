/** A kind of thing is one table: its names, in the order in which people are shown them. */

export function namesOf<Name extends string>(
  table: Readonly<Record<Name, unknown>>,
): readonly Name[] {
  return Object.keys(table) as Name[];
}

/** Each name with what it means, as one sentence for the reference. */
export function describeKinds(
  table: Readonly<Record<string, { readonly meaning: string }>>,
): string {
  return Object.entries(table)
    .map(([name, { meaning }]) => `${name}: ${meaning}`)
    .join("; ");
}

/** `a, b or c`. */
export function listNames(table: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(table);
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}
