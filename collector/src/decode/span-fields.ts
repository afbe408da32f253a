/** Fields of the current span, as positions in the request, so that nothing is copied before its row is written. */
export class SpanFields {
  traceId = 0
  traceIdEnd = 0
  spanId = 0
  spanIdEnd = 0
  parentId = 0
  parentIdEnd = 0
  state = 0
  stateEnd = 0
  name = 0
  nameEnd = 0
  /** In the dictionary of names; -1 when it has not been looked up. */
  nameIndex = -1
  kind = 0
  start = -1
  end = -1
  status = 0
  message = 0
  messageEnd = 0

  clear(): void {
    this.traceId = this.traceIdEnd = this.spanId = this.spanIdEnd = this.parentId = this.parentIdEnd = 0
    this.state = this.stateEnd = this.name = this.nameEnd = this.kind = this.status = this.message = this.messageEnd = 0
    this.start = this.end = this.nameIndex = -1
  }
}
