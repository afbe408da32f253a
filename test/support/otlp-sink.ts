import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import {
  type DecodedLog,
  type DecodedMetric,
  type DecodedPoint,
  type DecodedSpan,
  decodeLogs,
  decodeMetrics,
  decodeTraces,
  plainAttributes,
  plainValue,
} from './otlp-definitions.ts'

export interface SinkSpan extends Omit<DecodedSpan, 'attributes'> {
  readonly attributes: Record<string, unknown>
  readonly scope: string
}
export interface SinkLog extends Omit<DecodedLog, 'attributes' | 'body'> {
  readonly attributes: Record<string, unknown>
  readonly body: unknown
}
export interface SinkPoint extends Omit<DecodedPoint, 'attributes'> {
  readonly metric: string
  readonly attributes: Record<string, unknown>
}

export interface OtlpSink {
  readonly endpoint: string
  readonly spans: SinkSpan[]
  readonly logs: SinkLog[]
  readonly points: SinkPoint[]
  readonly metrics: DecodedMetric[]
  readonly resources: Record<string, unknown>[]
  /** Statuses to answer with before 200: one for each request. */
  readonly answers: { readonly status: number; readonly headers?: Record<string, string> }[]
  readonly bodies: { readonly path: string; readonly headers: http.IncomingHttpHeaders; readonly body: Buffer }[]
  stop(): Promise<void>
}

/** A collector that takes everything by OTLP/HTTP and keeps it decoded. */
export async function startOtlpSink(): Promise<OtlpSink> {
  const sink = { spans: [], logs: [], points: [], metrics: [], resources: [], answers: [], bodies: [] } as unknown as OtlpSink
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks)
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw
      sink.bodies.push({ path: request.url ?? '', headers: request.headers, body })
      const answer = sink.answers.shift() ?? { status: 200 }
      if (answer.status === 200) take(sink, request.url ?? '', body)
      response.writeHead(answer.status, answer.headers).end()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return Object.assign(sink, {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  })
}

function take(sink: OtlpSink, path: string, body: Buffer): void {
  if (path === '/v1/traces') takeTraces(sink, body)
  else if (path === '/v1/metrics') takeMetrics(sink, body)
  else if (path === '/v1/logs') takeLogs(sink, body)
}

function takeTraces(sink: OtlpSink, body: Buffer): void {
  for (const { resource, scopeSpans } of decodeTraces(body).resourceSpans ?? []) {
    sink.resources.push(plainAttributes(resource))
    for (const { scope, spans } of scopeSpans) {
      sink.spans.push(...spans.map((span) => ({ ...span, attributes: plainAttributes(span), scope: scope.name ?? '' })))
    }
  }
}

function takeMetrics(sink: OtlpSink, body: Buffer): void {
  for (const { resource, scopeMetrics } of decodeMetrics(body).resourceMetrics ?? []) {
    sink.resources.push(plainAttributes(resource))
    for (const metric of scopeMetrics.flatMap((group) => group.metrics)) {
      sink.metrics.push(metric)
      const points = (metric.gauge ?? metric.sum ?? metric.exponentialHistogram)?.dataPoints ?? []
      sink.points.push(...points.map((point) => ({ ...point, metric: metric.name, attributes: plainAttributes(point) })))
    }
  }
}

function takeLogs(sink: OtlpSink, body: Buffer): void {
  for (const { resource, scopeLogs } of decodeLogs(body).resourceLogs ?? []) {
    sink.resources.push(plainAttributes(resource))
    for (const log of scopeLogs.flatMap((group) => group.logRecords)) {
      sink.logs.push({ ...log, attributes: plainAttributes(log), body: plainValue(log.body) })
    }
  }
}
