/** Percent of the web group that may run while a change rolls through it: the database keeps connections for as many. */
export const WEB_ROLLING_PERCENT_MAX = 150;
