/** The id of what a driver says by itself under its epoch, as it stands in `heard` of the status. */
export const driversWord = (epoch: number) => `driver-${epoch}`;

/** Whether a driver has said it: what turned the delivery was then a rollback, and no evidence and nobody on call. */
export const isDriversWord = (id: string) => /^driver-\d+$/.test(id);
