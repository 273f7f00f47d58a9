const KEY = "cloudy-theme";
type Theme = "light" | "dark";

/** Follows the system until the reader chooses; tells the charts, whose canvas knows no CSS variables. */
export function followTheme(onChange: () => void): { toggle(): void } {
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = stored();
  const apply = () => {
    document.documentElement.dataset["theme"] = chosen ?? (system.matches ? "dark" : "light");
    onChange();
  };
  system.addEventListener("change", apply);
  apply();
  return {
    toggle() {
      chosen = document.documentElement.dataset["theme"] === "dark" ? "light" : "dark";
      try {
        localStorage.setItem(KEY, chosen);
      } catch {
        // A report opened from a file may have no storage: the choice then lasts as long as the page.
      }
      apply();
    },
  };
}

function stored(): Theme | undefined {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : undefined;
  } catch {
    return undefined;
  }
}

export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
