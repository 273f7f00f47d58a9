type Tags = Readonly<Record<string, string>>;
type Names = Readonly<Record<string, Tags>>;

/** What is in the account before the program runs: by name, with its tags. */
export interface Existing {
  readonly secrets?: Names;
  readonly functions?: Names;
  readonly logGroups?: Names;
  readonly loadBalancers?: Names;
}

type Answer = Readonly<Record<string, unknown>>;

/** What AWS answers to the data sources that look for names; undefined for any other. As there, a name that is not there is an error. */
export function answerAbout(existing: Existing, token: string, inputs: Record<string, unknown>): Answer | undefined {
  const { secrets = {}, functions = {}, logGroups = {}, loadBalancers = {} } = existing;
  const one = (names: Names, name: unknown): Answer => {
    const tags = names[String(name)];
    if (tags === undefined) throw new Error(`${token}: couldn't find ${name}`);
    return { ...inputs, tags };
  };
  switch (token) {
    case "aws:secretsmanager/getSecrets:getSecrets": {
      const [filter] = inputs["filters"] as readonly { readonly values: readonly string[] }[];
      const isMeant = (name: string) => filter?.values.some((value) => name.startsWith(value)) === true;
      return { ...inputs, names: Object.keys(secrets).filter(isMeant) };
    }
    case "aws:secretsmanager/getSecret:getSecret":
      return one(secrets, inputs["name"]);
    case "aws:lambda/getFunctions:getFunctions":
      return { functionNames: Object.keys(functions) };
    case "aws:lambda/getFunction:getFunction":
      return one(functions, inputs["functionName"]);
    case "aws:cloudwatch/getLogGroups:getLogGroups": {
      const prefix = String(inputs["logGroupNamePrefix"]);
      return { ...inputs, logGroupNames: Object.keys(logGroups).filter((name) => name.startsWith(prefix)) };
    }
    case "aws:cloudwatch/getLogGroup:getLogGroup":
      return one(logGroups, inputs["name"]);
    case "aws:lb/getLbs:getLbs": {
      const arnOf = (name: string) =>
        `arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/${name}/50dc6c49`;
      return { arns: Object.keys(loadBalancers).map(arnOf) };
    }
    case "aws:lb/getLoadBalancer:getLoadBalancer":
      return one(loadBalancers, inputs["name"]);
    default:
      return undefined;
  }
}
