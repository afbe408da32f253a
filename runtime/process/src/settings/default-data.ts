/** Default of the setting `data`: by itself, for commands that need nothing else of the settings. */
export const DEFAULT_DATA = './spyglass-data'
