exports.handler = async (event) => ({ statusCode: 200, body: event.body || "" });
exports.id = async (event) => ({ statusCode: 200, body: JSON.stringify({ connectionId: event.requestContext.connectionId }) });
