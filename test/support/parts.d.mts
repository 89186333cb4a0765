export interface Part {
  readonly name: string;
  readonly budgetMinutes: number;
  readonly files: RegExp;
}
export const parts: readonly Part[];
export function partOf(file: string): Part;
