import type {
  AssumeRoleRequest,
  AssumeRoleResponse,
  GetCallerIdentityRequest,
  GetCallerIdentityResponse,
} from "@aws-sdk/client-sts";
import { AwsError, type Operations, operation } from "@cloudy/twin-wire/operation.ts";
import type { Iam } from "./iam.ts";
import { userId } from "./request-context.ts";
import { sessionArn } from "./roles.ts";

const DURATION_S = 3600;
const DURATION_MIN_S = 900;

/** What STS answers of the program's roles; IAM's own API, which changes them, is not modelled. */
export function iamOperations(iam: Iam): Operations {
  return {
    AssumeRole: operation<AssumeRoleRequest, AssumeRoleResponse>({
      access: ({ RoleArn = "", RoleSessionName = "", ExternalId }) => [
        {
          action: "sts:AssumeRole",
          resource: RoleArn,
          context: {
            "sts:rolesessionname": RoleSessionName,
            ...(ExternalId === undefined ? {} : { "sts:externalid": ExternalId }),
          },
        },
      ],
      run: (input) => assumeRole(input, iam),
    }),
    // Needs no permission, not even an allow.
    GetCallerIdentity: operation<GetCallerIdentityRequest, GetCallerIdentityResponse>({
      access: () => [],
      run: (_input, { arn, accountId, roleArn }) => {
        const role = roleArn === undefined ? undefined : iam.roles.get(roleArn);
        const name = arn.split("/").at(-1) ?? "";
        return { Arn: arn, Account: accountId, UserId: userId(role, name) };
      },
    }),
  };
}

function assumeRole(input: AssumeRoleRequest, iam: Iam): AssumeRoleResponse {
  const { RoleArn = "", RoleSessionName = "", DurationSeconds = DURATION_S } = input;
  const role = iam.roles.get(RoleArn);
  // Authorization has failed before for a role that does not exist; AWS does not tell the two apart either.
  if (!role) throw new AwsError("AccessDenied", `The role ${RoleArn} does not exist or may not be assumed.`, 403);
  if (!/^[\w+=,.@-]{2,64}$/.test(RoleSessionName))
    throw new AwsError(
      "ValidationError",
      `RoleSessionName "${RoleSessionName}" must be 2 to 64 of A-Z a-z 0-9 + = , . @ - _.`,
    );
  if (DurationSeconds < DURATION_MIN_S || DurationSeconds > role.maxSessionDuration_s)
    throw new AwsError(
      "ValidationError",
      `DurationSeconds ${DurationSeconds} must be between ${DURATION_MIN_S} and the role's maximum of ${role.maxSessionDuration_s}.`,
    );
  const { credentials } = iam.sessions.open(role, RoleSessionName, DurationSeconds);
  return {
    Credentials: {
      AccessKeyId: credentials.accessKeyId,
      SecretAccessKey: credentials.secretAccessKey,
      SessionToken: credentials.sessionToken,
      Expiration: new Date(credentials.expiration_ms),
    },
    AssumedRoleUser: { AssumedRoleId: `${role.id}:${RoleSessionName}`, Arn: sessionArn(role, RoleSessionName) },
  };
}
