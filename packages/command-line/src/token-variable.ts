/** Environment variable with a bearer token for the API, so that it needs not stand on a command line. */
export const TOKEN_VARIABLE = "CLOUDY_TOKEN";
