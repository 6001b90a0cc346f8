export function routesToServer(): string;
