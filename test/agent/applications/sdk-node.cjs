// An application under the stock SDK with our keep decision. It is CommonJS: that is where the SDK's instrumentations see node:http.
const { HttpInstrumentation } = require('@opentelemetry/instrumentation-http')

async function main() {
  const { startSdkNode } = await import(process.env.SDK_NODE)
  startSdkNode({ instrumentations: [new HttpInstrumentation()] })
  const { spyglass } = process.env.SPYGLASS_API ? await import(process.env.SPYGLASS_API) : {}
  const http = require('node:http')
  const { trace } = require('@opentelemetry/api')

  const server = http.createServer((request, response) => {
    if (request.url === '/fast') return response.end('fast')
    return trace.getTracer('application').startActiveSpan('work', (span) => {
      spyglass?.attribute('tenant', 'acme')
      setTimeout(
        () => {
          span.end()
          if (request.url === '/fail') response.statusCode = 503
          response.end('done')
        },
        request.url === '/slow' ? 150 : 1,
      )
    })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const get = (path) =>
    new Promise((resolve) => {
      http.get({ port: server.address().port, path, agent: false }, (answer) => answer.resume().on('end', resolve))
    })
  for (let turn = 0; turn < 20; turn++) await get('/fast')
  await get('/slow')
  await get('/fail')
  server.close()
}

void main()
