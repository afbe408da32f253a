/**
 * The places in OTLP where a sender can put text, by tag (field number × 8 + wire type), after opentelemetry-proto v1. Anything else
 * is a number, an identifier, or is not stored.
 */

export const PLACE = { text: 1, attribute: 2, value: 3, message: 4, spanName: 5 } as const

export interface Place {
  readonly kind: number
  readonly within?: Places
}

/** Index: tag. Every tag with text is below 128, so it is one byte. */
export type Places = readonly (Place | undefined)[]

function places(fields: Readonly<Record<number, Place>>): Places {
  return Array.from({ length: 128 }, (_, tag) => (tag % 8 === 2 ? fields[(tag - 2) / 8] : undefined))
}

const text: Place = { kind: PLACE.text }
const attribute: Place = { kind: PLACE.attribute }
const value: Place = { kind: PLACE.value }
const message = (fields: Readonly<Record<number, Place>>): Place => ({ kind: PLACE.message, within: places(fields) })

export const RESOURCE_TAG = 10
export const RESOURCE_ATTRIBUTE_TAG = 10

const resource = message({ 1: attribute })
const scope = message({ 1: text, 2: text, 3: attribute })

/** ResourceSpans, ResourceLogs, ResourceMetrics: 1 resource, 2 scopes, 3 schema URL. Scopes: 1 scope, 2 items, 3 schema URL. */
const request = (item: Place): Places => {
  return places({ 1: resource, 2: message({ 1: scope, 2: item, 3: text }), 3: text })
}

const span = message({
  3: text,
  5: { kind: PLACE.spanName },
  9: attribute,
  11: message({ 2: text, 3: attribute }),
  13: message({ 3: text, 4: attribute }),
  15: message({ 2: text }),
})
const log = message({ 3: text, 5: value, 6: attribute, 12: text })
const exemplar = message({ 7: attribute })
/** Each kind of point numbers its attributes and exemplars differently. */
const points = (attributes: number, exemplars: number): Place =>
  message({ 1: message({ [attributes]: attribute, ...(exemplars > 0 ? { [exemplars]: exemplar } : {}) }) })
const metric = message({
  1: text,
  2: text,
  3: text,
  5: points(7, 5),
  7: points(7, 5),
  9: points(9, 8),
  10: points(1, 11),
  11: points(7, 0),
})

/** The places of a Resource… message by signal. */
export const resourcePlaces = { traces: request(span), logs: request(log), metrics: request(metric) } as const

/** Of single messages. */
export const messagePlaces = { resource: resource.within as Places, scope: scope.within as Places, span: span.within as Places } as const
