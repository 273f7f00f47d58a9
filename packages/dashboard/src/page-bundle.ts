import { fileURLToPath } from "node:url";
import type { Run } from "@cloudy/observer/run.ts";
import { build } from "esbuild";

/** What the page is given: a finished run inside the file, or nothing when it is to listen for a live one. */
type PageData = { readonly mode: "report"; readonly run: Run } | { readonly mode: "live" };

let assets: Promise<{ readonly script: string; readonly style: string }> | undefined;

/** One HTML file with everything in it: no network, so that a report can be mailed and opened in ten years. */
export async function renderPage(data: PageData, title: string): Promise<string> {
  assets ??= bundle();
  const { script, style } = await assets;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeText(title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<noscript>This page draws a run of Cloudy with JavaScript, which is turned off.</noscript>
<main id="page"></main>
<script type="application/json" id="data">${escapeJson(data)}</script>
<script>${script}</script>
</body>
</html>
`;
}

async function bundle(): Promise<{ script: string; style: string }> {
  const file = (name: string) => fileURLToPath(new URL(`../page/${name}`, import.meta.url));
  const built = await build({
    entryPoints: [file("main.ts"), file("style.css")],
    bundle: true,
    format: "iife",
    target: "es2022",
    minify: true,
    write: false,
    charset: "utf8",
    outdir: "page",
  });
  const text = (extension: string) => built.outputFiles.find((output) => output.path.endsWith(extension))?.text ?? "";
  return { script: text(".js").replaceAll("</script", "<\\/script"), style: text(".css") };
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

/** JSON inside a script element: `<` must not be able to end it. */
function escapeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("<", "\\u003c");
}
