/** The part of a terminal that a live view draws on. */
export interface Screen {
  size(): { readonly columns: number; readonly rows: number };
  /** Replaces what was drawn before; lines are cut to the terminal's width. */
  draw(lines: readonly string[]): void;
  /** Takes away what was drawn. */
  clear(): void;
  /** Leaves what was drawn where it stands; the next drawing begins below. */
  keep(): void;
}
