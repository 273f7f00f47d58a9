import { XmlShapeSerializer } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import type { Protocol, WireReply, WireRequest } from "./exchange.ts";
import { formTree, readForm } from "./form.ts";
import { type ServiceModel, STRING, structure } from "./model.ts";
import type { AwsError } from "./operation.ts";

/** Body parameters of a POST, or the query of a GET. */
function parameters(request: WireRequest): URLSearchParams {
  const body = new TextDecoder().decode(request.body);
  return new URLSearchParams(body === "" ? request.query : body);
}

function toXml(schema: NormalizedSchema, value: unknown, xmlNamespace: string): string {
  const serializer = new XmlShapeSerializer({
    timestampFormat: { useTrait: true, default: 5 },
    xmlNamespace,
    serviceNamespace: "twin",
  });
  serializer.write(schema, value);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${serializer.flush()}`;
}

function xmlReply(status: number, schema: NormalizedSchema, value: unknown, model: ServiceModel): WireReply {
  return {
    status,
    headers: { "content-type": "text/xml;charset=UTF-8" },
    body: toXml(schema, value, model.traits.xmlNamespace),
  };
}

const shared = {
  action: (request: WireRequest) => parameters(request).get("Action") ?? undefined,
};

const metadata = structure("ResponseMetadata", { RequestId: STRING });
const errorBody = structure("Error", { Type: STRING, Code: STRING, Message: STRING });
const queryError = structure("ErrorResponse", { Error: errorBody, RequestId: STRING });

/** awsQuery: form in, `<XResponse><XResult>` out (Auto Scaling, Elastic Load Balancing, STS; CloudWatch's oldest). */
export const queryProtocol: Protocol = {
  ...shared,
  input: (request, operation) => readForm(operation.input, formTree(parameters(request)), "query"),
  output: (value, operation, model, requestId) => {
    const name = `${operation.name}Result`;
    const hasResult = operation.output.isStructSchema();
    const envelope = structure(`${operation.name}Response`, {
      ...(hasResult ? { [name]: operation.output.getSchema() } : {}),
      ResponseMetadata: metadata,
    });
    return xmlReply(200, envelope, { [name]: value ?? {}, ResponseMetadata: { RequestId: requestId } }, model);
  },
  error: (error, model, requestId) =>
    xmlReply(
      error.status,
      queryError,
      {
        Error: { Type: error.status < 500 ? "Sender" : "Receiver", Code: error.code, Message: error.message },
        RequestId: requestId,
      },
      model,
    ),
};

const ec2Error = structure("Error", { Code: STRING, Message: STRING });
const ec2Errors = structure("Errors", { Error: ec2Error });
const ec2ErrorResponse = structure("Response", { Errors: ec2Errors, RequestID: STRING });

/** ec2Query: like awsQuery with flat lists, its own names, and the result directly in the response element. */
export const ec2Protocol: Protocol = {
  ...shared,
  input: (request, operation) => readForm(operation.input, formTree(parameters(request)), "ec2"),
  output: (value, operation, model, requestId) => {
    const hasResult = operation.output.isStructSchema();
    const members = hasResult ? Object.fromEntries(operation.output.structIterator()) : {};
    // Actions without a result answer <return>true</return>.
    const envelope = structure(`${operation.name}Response`, {
      requestId: STRING,
      ...(hasResult ? members : { return: STRING }),
    });
    const content = hasResult ? Object(value ?? {}) : { return: "true" };
    return xmlReply(200, envelope, { requestId, ...content }, model);
  },
  error: (error: AwsError, model, requestId) =>
    xmlReply(
      error.status,
      ec2ErrorResponse,
      { Errors: { Error: { Code: error.code, Message: error.message } }, RequestID: requestId },
      model,
    ),
};
