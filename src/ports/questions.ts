/** Questions to a person at a terminal. Each ends in `interrupted` when the person gives up. */
export interface Questions {
  text(question: TextQuestion): Promise<string>;
  choose(question: string, options: readonly Choice[]): Promise<string>;
  /** Not shown while it is typed. */
  secret(question: string): Promise<string>;
}

export interface TextQuestion {
  readonly question: string;
  /** What Enter alone answers. */
  readonly offered?: string;
  /** Returns undefined if the answer is acceptable. */
  readonly validate?: (answer: string) => string | undefined;
}

export interface Choice {
  readonly value: string;
  readonly label: string;
  readonly hint?: string;
}
