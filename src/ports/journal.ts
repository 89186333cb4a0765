/** What a bot must not forget when it is killed. Saving is atomic: the old value or the new one, never a mixture. */
export interface Journal<Entry> {
  load(): Promise<Entry | undefined>;
  save(entry: Entry): Promise<void>;
}
