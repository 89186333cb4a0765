/** A key of a file is written_like_this, a name in the code likeThis. */

export type CamelCase<Key extends string> = Key extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Key;

type Unchanging<Value> = Value extends readonly (infer Item)[] ? readonly Item[] : Value;

/** A section of a file as the code has it. */
export type Renamed<Section> = {
  readonly [Key in keyof Section as CamelCase<Key & string>]: Unchanging<Section[Key]>;
};

export function toCamelCase(key: string): string {
  return key.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

export function renameKeys<Section extends object>(section: Section): Renamed<Section> {
  const entries = Object.entries(section).map(([key, value]) => [toCamelCase(key), value]);
  return Object.fromEntries(entries) as Renamed<Section>;
}
