/** What an instance's `mount -t efs` needs to know. */
export interface FileSystemView {
  /** The mount target in that zone. */
  mountTarget(
    fileSystemId: string,
    availabilityZone: string,
  ): { readonly ip: string; readonly interfaceId: string } | undefined;
  accessPoint(id: string):
    | {
        readonly arn: string;
        readonly fileSystemArn: string;
        readonly path: string;
        readonly ownerUid: number;
        readonly ownerGid: number;
        readonly permissions: string;
      }
    | undefined;
  fileSystemArn(id: string): string | undefined;
  /** Whether the file system policy or its settings demand IAM (mounts without `iam` are refused) and TLS. */
  policy(fileSystemId: string): unknown;
}
