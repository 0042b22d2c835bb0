// Loaded before a measured program (with --expose-gc): collects its garbage when it gets SIGUSR2.
process.on('SIGUSR2', () => void globalThis.gc?.());
