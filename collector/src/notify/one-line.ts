/** A statement or a message with line breaks must not read as a holder or a change of its own. */
export const oneLine = (text: string): string => text.replaceAll(/\s*[\n\v\f\r\u0085\u2028\u2029]\s*/g, ' ')
