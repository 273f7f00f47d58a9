/** One value a metric and period; undefined: there is no data point. */
type Point = number | undefined;
type Values = (id: string) => Point;

export interface MathExpression {
  readonly text: string;
  /** Result of one period; without a data point on either side there is none. */
  readonly evaluate: (values: Values) => Point;
}

const TOKEN = /\s*(?:(?<number>\d+(?:\.\d+)?)|(?<word>[A-Za-z]\w*)|(?<sign>[-+*/(),]))/y;

/** CloudWatch's metric math, as much as programs here use: `+ - * /`, parentheses, numbers, ids and `FILL(id, number)`. */
export function parseExpression(text: string): MathExpression {
  const parser = new Parser(text);
  const evaluate = parser.sum();
  parser.end();
  return { text, evaluate };
}

class Parser {
  readonly #text: string;
  readonly #tokens: readonly string[];
  #next = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = tokensOf(text);
  }

  sum(): (values: Values) => Point {
    let left = this.#product();
    while (this.#sees("+") || this.#sees("-")) {
      const sign = this.#take();
      left = both(left, this.#product(), (a, b) => (sign === "+" ? a + b : a - b));
    }
    return left;
  }

  end(): void {
    if (this.#next < this.#tokens.length) this.#refuse(`[${this.#tokens[this.#next]}]`);
  }

  #product(): (values: Values) => Point {
    let left = this.#operand();
    while (this.#sees("*") || this.#sees("/")) {
      const sign = this.#take();
      // CloudWatch gives no data point for a division by zero.
      left = both(left, this.#operand(), (a, b) => (sign === "*" ? a * b : b === 0 ? undefined : a / b));
    }
    return left;
  }

  #operand(): (values: Values) => Point {
    const token = this.#take();
    if (token === "(") {
      const inner = this.sum();
      this.#expect(")");
      return inner;
    }
    if (/^\d/.test(token)) return () => Number(token);
    if (token === "FILL") return this.#fill();
    // Ids begin with a lower-case letter, functions are written in capitals.
    if (/^[a-z]/.test(token)) return (at) => at(token);
    return this.#refuse(`[${token}]`);
  }

  #fill(): (values: Values) => Point {
    this.#expect("(");
    const id = this.#take();
    this.#expect(",");
    const filling = Number(this.#take());
    this.#expect(")");
    if (!Number.isFinite(filling)) return this.#refuse("a FILL with anything but a number");
    return (at) => at(id) ?? filling;
  }

  #sees(token: string): boolean {
    return this.#tokens[this.#next] === token;
  }

  #take(): string {
    const token = this.#tokens[this.#next];
    this.#next += 1;
    return token ?? this.#refuse("its end");
  }

  #expect(token: string): void {
    const found = this.#take();
    if (found !== token) this.#refuse(`[${found}] where [${token}] should be`);
  }

  #refuse(what: string): never {
    throw new Error(
      `The twin knows + - * / ( ) numbers, ids and FILL(id, number) of metric math, but not ${what} of "${this.#text}".`,
    );
  }
}

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const token = TOKEN.exec(text)?.[0].trim();
    if (token === undefined) throw new Error(`"${text}" is no metric math at character ${at + 1}.`);
    tokens.push(token);
  }
  return tokens;
}

function both(
  left: (values: Values) => Point,
  right: (values: Values) => Point,
  combine: (a: number, b: number) => Point,
): (values: Values) => Point {
  return (at) => {
    const [a, b] = [left(at), right(at)];
    return a === undefined || b === undefined ? undefined : combine(a, b);
  };
}
