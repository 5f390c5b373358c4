// Pictures as SVG, drawn by Apache ECharts without a browser. They lie on white, so that they can be read in a dark
// page, too.
import * as echarts from "echarts";

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  readonly isDashed?: boolean;
}

export interface Picture {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly svg: string;
}

export interface LinePicture {
  readonly name: string;
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly lines: readonly Line[];
  readonly yScale?: "linear" | "log";
  readonly yMax?: number;
  /**
   * Where they are given, they stand side by side, and each point of a line belongs to one; otherwise the axis is even.
   */
  readonly xTicks?: readonly number[];
}

export interface BarPicture {
  readonly name: string;
  readonly title: string;
  readonly xLabel: string;
  /** One group of bars for each, from the top. */
  readonly groups: readonly string[];
  /** One bar in each group. */
  readonly series: readonly { readonly name: string; readonly values: readonly number[] }[];
}

const size = { width: 880, height: 420 };
/** Okabe and Ito's colours, which people with any colour vision can tell apart. */
const colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"];
const ink = "#222222";
const faint = "#dddddd";
const symbols = ["circle", "rect", "triangle", "diamond", "roundRect", "pin"];

const axis = {
  nameLocation: "middle",
  nameTextStyle: { color: ink, fontSize: 14 },
  axisLabel: { color: ink, fontSize: 13 },
  axisLine: { show: true, lineStyle: { color: ink } },
  splitLine: { lineStyle: { color: faint } },
} as const;

const legend = { top: 42, left: 16, textStyle: { color: ink, fontSize: 13 }, itemGap: 32 };

export function drawLines(picture: LinePicture): Picture {
  const { name, title, xLabel, yLabel, lines, yScale = "linear", yMax, xTicks } = picture;
  const categories = xTicks?.map((tick) => tick.toLocaleString("en"));
  return draw(name, title, {
    legend,
    grid: { left: 84, right: 32, top: 84, bottom: 60 },
    xAxis:
      categories === undefined
        ? { ...axis, type: "value", name: xLabel, nameGap: 34, max: "dataMax" }
        : { ...axis, type: "category", data: categories, boundaryGap: false, name: xLabel, nameGap: 34 },
    yAxis: {
      ...axis,
      type: yScale === "log" ? "log" : "value",
      name: yLabel,
      nameGap: 60,
      ...(yMax === undefined ? {} : { max: yMax }),
    },
    series: lines.map((line, index) => ({
      type: "line",
      name: line.name,
      symbol: symbols[index % symbols.length],
      symbolSize: line.points.length > 12 ? 0 : 8,
      lineStyle: { width: 2.5, type: line.isDashed ? "dashed" : "solid" },
      data: line.points.map(([x, y]) => (categories === undefined ? [x, y] : [x.toLocaleString("en"), y])),
    })),
  });
}

export function drawBars({ name, title, xLabel, groups, series }: BarPicture): Picture {
  return draw(name, title, {
    ...(series.length > 1 ? { legend } : {}),
    grid: { left: 16, right: 84, top: series.length > 1 ? 84 : 56, bottom: 44, containLabel: true },
    xAxis: { ...axis, type: "value", name: xLabel, nameGap: 34 },
    yAxis: { ...axis, type: "category", inverse: true, data: [...groups] },
    series: series.map(({ name: seriesName, values }) => ({
      type: "bar",
      name: seriesName,
      data: [...values],
      label: { show: true, position: "right", color: ink, fontSize: 12 },
    })),
  });
}

function draw(name: string, title: string, option: echarts.EChartsCoreOption): Picture {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, ...size });
  chart.setOption({
    animation: false,
    backgroundColor: "#ffffff",
    color: colours,
    textStyle: { fontFamily: "Helvetica, Arial, sans-serif" },
    title: { text: title, left: 16, top: 12, textStyle: { color: ink, fontSize: 16 } },
    ...option,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return { name, svg: `${still(svg, title)}\n` };
}

/**
 * A picture in a page needs no styles for hovering; a title is read aloud; names must not count the pictures that were
 * drawn before.
 */
export function still(svg: string, title: string): string {
  return svg
    .replace(/<style.*?<\/style>\s*/gs, "")
    .replace(/ class="[^"]*"/g, "")
    .replace(/\bzr\d+-/g, "")
    .replace(/<svg [^>]*>/, (start) => `${start}\n<title>${title}</title>`);
}
