/** Which questions charts answer, and how their values are written. */
import type { Figures } from "../core/snapshot/figures.ts";
import type { Chart } from "./views/charts.tsx";
import { formatDuration, formatMoney, formatTokens } from "./views/text.ts";

const count = (value: number) => String(Math.round(value * 100) / 100);
const hours = (value: number) => (value === 0 ? "0" : formatDuration(value * 3_600));
const seconds = (value: number) => (value === 0 ? "0" : formatDuration(value));
const tokens = (value: number) => formatTokens(Math.round(value));
const money = (value: number) => (value === 0 ? "$0" : formatMoney(value));

export function listCharts(figures: Figures): readonly Chart[] {
  const { spending } = figures;
  return [
    { id: "merged", title: "Merged per day", format: count, ...figures.mergedPerDay },
    {
      id: "lead",
      title: "Where merged issues spent their time",
      format: hours,
      ...figures.leadTime,
    },
    { id: "lost", title: "Rounds lost, by cause", format: count, ...figures.lostRounds },
    { id: "time", title: "Model time by bot", format: seconds, ...spending("bot", "seconds") },
    {
      id: "in",
      title: "Tokens read, by model",
      format: tokens,
      ...spending("model", "inputTokens"),
    },
    {
      id: "out",
      title: "Tokens written, by model",
      format: tokens,
      ...spending("model", "outputTokens"),
    },
    { id: "money-bot", title: "Money by bot", format: money, ...spending("bot", "money") },
    { id: "money", title: "Money by project", format: money, ...spending("project", "money") },
    { id: "slots", title: "Time that slots were held", format: hours, ...figures.slots },
  ];
}
