export declare const TOOL_PACKAGES: ReadonlySet<string>
export declare const TOOL_FILES: RegExp
export declare const APPLICATION_FILES: RegExp
export declare const INSTALL_EVENTS: RegExp
