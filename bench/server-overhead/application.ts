/** The application of the benchmark: the same hello world in both servers. */
import fastify, { type FastifyInstance } from 'fastify'

export default function create(): FastifyInstance {
  const app = fastify()
  app.get('/hello', () => ({ hello: 'world' }))
  return app
}
