/** Events of services as the operator reads them, whether the service runs now or not. */
import type { StampedEvent } from "../core/bot-status.ts";

export interface EventArchive {
  /** Oldest first; none where nothing was ever written. */
  read(source: EventSource): Promise<readonly StampedEvent[]>;
}

export interface EventSource {
  readonly container: string;
  /** Where the service keeps its data, as it sees it. */
  readonly dataFolder: string;
}
