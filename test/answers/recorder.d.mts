import type { Exchange } from "../forge-contract/description.ts";

export declare function recordAnswers(keep: (exchange: Exchange) => void): void;
