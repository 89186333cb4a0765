/** Charts, drawn by the server from the table that stands below each: they need no script, and their colours are the page's. */

import { scaleBand, scaleLinear } from "d3-scale";
import { stack } from "d3-shape";
import type { FC } from "hono/jsx";

export interface Chart {
  readonly id: string;
  /** The question that it answers. */
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly format: (value: number) => string;
}

const WIDTH = 640;
const HEIGHT = 180;
const [LEFT, BOTTOM, TOP] = [46, 22, 8];

export const Charts: FC<{ charts: readonly Chart[] }> = ({ charts }) => (
  <>
    <h1 class="hidden">Charts</h1>
    <div class="charts">
      {charts.map((chart) => (
        <figure class="panel" id={chart.id}>
          <figcaption>
            <h2>{chart.title}</h2>
          </figcaption>
          {chart.rows.length === 0 ? (
            <p class="empty">Nothing was told of it yet.</p>
          ) : (
            <>
              <Bars chart={chart} />
              {chart.columns.length > 1 && <Legend columns={chart.columns} />}
              <Table chart={chart} />
            </>
          )}
        </figure>
      ))}
    </div>
  </>
);

const Bars: FC<{ chart: Chart }> = ({ chart: { rows, columns, format } }) => {
  const totals = rows.map(({ values }) => values.reduce((sum, one) => sum + one, 0));
  const x = scaleBand()
    .domain(rows.map(({ name }) => name))
    .range([LEFT, WIDTH])
    .padding(0.25);
  const y = scaleLinear()
    .domain([0, Math.max(...totals, 0) || 1])
    .nice(4)
    .range([HEIGHT - BOTTOM, TOP]);
  const keyed = rows.map(({ values }) => Object.fromEntries(values.map((v, at) => [at, v])));
  const layers = stack<Record<string, number>>()
    .keys(columns.map((_, at) => String(at)))
    .value((row, key) => row[key] ?? 0)(keyed);
  const every = Math.ceil(rows.length / 8);
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} class="chart" aria-hidden="true">
      {y.ticks(4).map((tick) => (
        <g>
          <line class="grid" x1={LEFT} x2={WIDTH} y1={y(tick)} y2={y(tick)} />
          <text class="tick end" x={LEFT - 6} y={y(tick) + 3.5}>
            {format(tick)}
          </text>
        </g>
      ))}
      {layers.map((layer, at) =>
        layer.map(([from, to], row) => (
          <rect
            class={`series-${at}`}
            x={x(rows[row]?.name ?? "") ?? 0}
            width={Math.min(x.bandwidth(), 44)}
            y={y(to)}
            height={Math.max(0, y(from) - y(to))}
          />
        )),
      )}
      {rows.map(({ name }, row) =>
        row % every === 0 ? (
          <text class="tick" x={x(name) ?? 0} y={HEIGHT - 6}>
            {shorten(name)}
          </text>
        ) : (
          ""
        ),
      )}
    </svg>
  );
};

/** A day loses its year. */
function shorten(name: string): string {
  const day = /^\d{4}-(\d\d-\d\d)$/.exec(name)?.[1];
  return day ?? (name.length > 14 ? `${name.slice(0, 13)}…` : name);
}

const Legend: FC<{ columns: readonly string[] }> = ({ columns }) => (
  <ul class="legend">
    {columns.map((column, at) => (
      <li>
        <svg width="10" height="10" aria-hidden="true">
          <rect class={`series-${at}`} width="10" height="10" rx="2" />
        </svg>{" "}
        {column}
      </li>
    ))}
  </ul>
);

const Table: FC<{ chart: Chart }> = ({ chart: { rows, columns, format, title } }) => (
  <section class="scroll" tabindex={0} aria-label={`${title}, as a table`}>
    <table>
      <thead>
        <tr>
          <td></td>
          {columns.map((column) => (
            <th scope="col" class="right">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.toReversed().map(({ name, values }) => (
          <tr>
            <th scope="row">{name}</th>
            {values.map((value) => (
              <td class="right">{format(value)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);
