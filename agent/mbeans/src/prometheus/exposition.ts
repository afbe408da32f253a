/** Which of the two formats a scraper gets: content negotiation by the Accept header (RFC 9110 §12.5.1). */
import { openMetricsContentType } from './open-metrics.ts'
import { type Beans, openMetricsText, prometheusContentType, prometheusText } from './prometheus-text.ts'

export interface Exposition {
  readonly contentType: string
  readonly body: string
}

/** The metrics as the Accept header prefers them: as OpenMetrics 1.0 where it is named and not below the classic text, which all others get. */
export async function exposition(registry: Beans, accept: string | undefined): Promise<Exposition> {
  if (prefersOpenMetrics(accept)) return { contentType: openMetricsContentType, body: await openMetricsText(registry) }
  return { contentType: prometheusContentType, body: await prometheusText(registry) }
}

const OPEN_METRICS = 'application/openmetrics-text'
const CLASSIC = 'text/plain'

/** Wildcards never choose OpenMetrics: a browser or curl gets the text that it always got. */
export function prefersOpenMetrics(accept = ''): boolean {
  const ranges = rangesOf(accept)
  const wanted = ranges.filter(({ type, version }) => type === OPEN_METRICS && (version === undefined || version === '1.0.0'))
  const weight = Math.max(0, ...wanted.map(({ quality }) => quality))
  return weight > 0 && weight >= weightOfClassic(ranges)
}

/** The most specific range decides; of several for `text/plain` with other parameters, such as its version, the best. */
function weightOfClassic(ranges: readonly MediaRange[]): number {
  for (const type of [CLASSIC, 'text/*', '*/*']) {
    const named = ranges.filter((range) => range.type === type)
    if (named.length > 0) return Math.max(...named.map(({ quality }) => quality))
  }
  return 0
}

interface MediaRange {
  readonly type: string
  readonly version: string | undefined
  readonly quality: number
}

/** A range whose weight cannot be read is none. */
function rangesOf(accept: string): readonly MediaRange[] {
  return accept.split(',').flatMap((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim())
    const values = new Map(parameters.map((parameter) => pairOf(parameter)))
    const weight = values.get('q') ?? '1'
    if (!/^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight)) return []
    return [{ type: type.toLowerCase(), version: values.get('version'), quality: Number(weight) }]
  })
}

function pairOf(parameter: string): readonly [string, string] {
  const [name = '', value = ''] = parameter.split('=', 2)
  return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')]
}
