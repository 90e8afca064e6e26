// Vats and kernel write to anylogger as well as to the slog. The slog is enough; of the console only the kernel's own
// errors remain. Must be imported before SwingSet, whose loggers are made while it is being imported.
import anylogger from 'anylogger';

const silent = () => {};

anylogger.ext = logger => {
  const audible = /^SwingSet:(kernel|controller)$/.test(logger.name);
  logger.enabledFor = () => true;
  for (const level of Object.keys(anylogger.levels)) {
    logger[level] = audible && level === 'error' ? (...args) => console.error(...args) : silent;
  }
  return logger;
};
