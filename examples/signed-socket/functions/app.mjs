// Says to whom it is talking: who signed the handshake is in every event.
export async function handler({ requestContext, body }) {
  if (requestContext.eventType === "CONNECT") return { statusCode: 200 };
  const { userArn } = requestContext.identity;
  return { statusCode: 200, body: JSON.stringify({ to: userArn, heard: body }) };
}
