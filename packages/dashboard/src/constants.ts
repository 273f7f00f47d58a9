/** Wall time between two documents pushed to the page. */
export const PUSH_INTERVAL_MS = 1_000;
/** First port tried for the page; the next ones if it is taken. */
export const PAGE_PORT = 4173;
export const PAGE_PORTS_TRIED = 20;
