// Refuses to start, so that the upgrade is undone and the first incarnation goes on.
export const buildRootObject = () => {
  throw Error('this bundle refuses to start');
};
