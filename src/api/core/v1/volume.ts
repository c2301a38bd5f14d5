import { LabelSelector } from "#api/meta/label-selector.ts";
import { ObjectMeta } from "#api/meta/object-meta.ts";
import {
  bool,
  enumOf,
  type Infer,
  inlined,
  int,
  list,
  long,
  map,
  quantity,
  ref,
  string,
  struct,
} from "#schema/nodes.ts";
import { ObjectFieldSelector, ResourceFieldSelector } from "./env.ts";
import { LocalObjectReference, TypedLocalObjectReference, TypedObjectReference } from "./object-reference.ts";
import { VolumeResourceRequirements } from "./resources.ts";
import {
  deriveEphemeralClaim,
  deriveFileModes,
  deriveHostPath,
  deriveImageVolume,
  deriveTokenProjection,
  deriveVolume,
} from "./volume.defaults.ts";
import {
  checkConfigMapVolume,
  checkDownwardFile,
  checkEmptyDir,
  checkHostPath,
  checkKeyToPath,
  checkModes,
  checkNfs,
  checkProjection,
  checkSecretVolume,
  checkVolume,
  checkVolumeMount,
} from "./volume.rules.ts";

export const HostPathVolumeSource = struct(
  "io.k8s.api.core.v1.HostPathVolumeSource",
  {
    path: string({ tag: 1, description: "Path on the node.", required: true }),
    type: enumOf(
      ["", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket", "CharDevice", "BlockDevice"],
      {
        tag: 2,
        description: "What must be there, and whether it is made when it is missing.",
        keepEmpty: true,
      },
    ),
  },
  { derive: (v) => deriveHostPath(v), check: (v, path) => checkHostPath(v, path) },
);

export interface HostPathVolumeSource extends Infer<typeof HostPathVolumeSource> {}

export const EmptyDirVolumeSource = struct(
  "io.k8s.api.core.v1.EmptyDirVolumeSource",
  {
    medium: string({ tag: 1, description: "Memory keeps the files in RAM." }),
    sizeLimit: quantity({ tag: 2, description: "The pod is evicted when it writes more." }),
  },
  { check: (v, path) => checkEmptyDir(v, path) },
);

export interface EmptyDirVolumeSource extends Infer<typeof EmptyDirVolumeSource> {}

export const GCEPersistentDiskVolumeSource = struct("io.k8s.api.core.v1.GCEPersistentDiskVolumeSource", {
  pdName: string({ tag: 1, required: true }),
  fsType: string({ tag: 2 }),
  partition: int({ tag: 3, omitZero: true }),
  readOnly: bool({ tag: 4, omitZero: true }),
});

export interface GCEPersistentDiskVolumeSource extends Infer<typeof GCEPersistentDiskVolumeSource> {}

export const AWSElasticBlockStoreVolumeSource = struct("io.k8s.api.core.v1.AWSElasticBlockStoreVolumeSource", {
  volumeID: string({ tag: 1, required: true }),
  fsType: string({ tag: 2 }),
  partition: int({ tag: 3, omitZero: true }),
  readOnly: bool({ tag: 4, omitZero: true }),
});

export interface AWSElasticBlockStoreVolumeSource extends Infer<typeof AWSElasticBlockStoreVolumeSource> {}

export const GitRepoVolumeSource = struct("io.k8s.api.core.v1.GitRepoVolumeSource", {
  repository: string({ tag: 1, required: true }),
  revision: string({ tag: 2 }),
  directory: string({ tag: 3 }),
});

export interface GitRepoVolumeSource extends Infer<typeof GitRepoVolumeSource> {}

export const KeyToPath = struct(
  "io.k8s.api.core.v1.KeyToPath",
  {
    key: string({ tag: 1, description: "The key.", required: true }),
    path: string({ tag: 2, description: "Path of the file inside the volume.", required: true }),
    mode: int({ tag: 3, description: "Permissions of the file." }),
  },
  { description: "A key that becomes a file.", check: (v, path) => checkKeyToPath(v, path) },
);

export interface KeyToPath extends Infer<typeof KeyToPath> {}

export const SecretVolumeSource = struct(
  "io.k8s.api.core.v1.SecretVolumeSource",
  {
    secretName: string({ tag: 1, description: "Name of the Secret." }),
    items: list(KeyToPath, { tag: 2, description: "Keys to take instead of all." }),
    defaultMode: int({ tag: 3, description: "Permissions of the files, 0644 by default. JSON has no octal numbers." }),
    optional: bool({ tag: 4, description: "The Secret may be missing." }),
  },
  { derive: (v) => deriveFileModes(v), check: (v, path) => checkSecretVolume(v, path) },
);

export interface SecretVolumeSource extends Infer<typeof SecretVolumeSource> {}

export const NFSVolumeSource = struct(
  "io.k8s.api.core.v1.NFSVolumeSource",
  {
    server: string({ tag: 1, description: "Host name or address of the server.", required: true }),
    path: string({ tag: 2, description: "Folder that the server exports.", required: true }),
    readOnly: bool({ tag: 3, omitZero: true, description: "Keep the pod from writing." }),
  },
  { check: (v, path) => checkNfs(v, path) },
);

export interface NFSVolumeSource extends Infer<typeof NFSVolumeSource> {}

export const ISCSIVolumeSource = struct("io.k8s.api.core.v1.ISCSIVolumeSource", {
  targetPortal: string({ tag: 1, required: true }),
  iqn: string({ tag: 2, required: true }),
  lun: int({ tag: 3, required: true }),
  iscsiInterface: string({ tag: 4, default: "default" }),
  fsType: string({ tag: 5 }),
  readOnly: bool({ tag: 6, omitZero: true }),
  portals: list(string(), { tag: 7 }),
  chapAuthDiscovery: bool({ tag: 8, omitZero: true }),
  chapAuthSession: bool({ tag: 11, omitZero: true }),
  secretRef: ref(LocalObjectReference, { tag: 10 }),
  initiatorName: string({ tag: 12 }),
});

export interface ISCSIVolumeSource extends Infer<typeof ISCSIVolumeSource> {}

export const GlusterfsVolumeSource = struct("io.k8s.api.core.v1.GlusterfsVolumeSource", {
  endpoints: string({ tag: 1, required: true }),
  path: string({ tag: 2, required: true }),
  readOnly: bool({ tag: 3, omitZero: true }),
});

export interface GlusterfsVolumeSource extends Infer<typeof GlusterfsVolumeSource> {}

export const PersistentVolumeClaimVolumeSource = struct("io.k8s.api.core.v1.PersistentVolumeClaimVolumeSource", {
  claimName: string({ tag: 1, description: "Name of the claim.", required: true }),
  readOnly: bool({ tag: 2, omitZero: true, description: "Mount it read-only everywhere." }),
});

export interface PersistentVolumeClaimVolumeSource extends Infer<typeof PersistentVolumeClaimVolumeSource> {}

export const RBDVolumeSource = struct("io.k8s.api.core.v1.RBDVolumeSource", {
  monitors: list(string(), { tag: 1, required: true }),
  image: string({ tag: 2, required: true }),
  fsType: string({ tag: 3 }),
  pool: string({ tag: 4, default: "rbd" }),
  user: string({ tag: 5, default: "admin" }),
  keyring: string({ tag: 6, default: "/etc/ceph/keyring" }),
  secretRef: ref(LocalObjectReference, { tag: 7 }),
  readOnly: bool({ tag: 8, omitZero: true }),
});

export interface RBDVolumeSource extends Infer<typeof RBDVolumeSource> {}

export const FlexVolumeSource = struct("io.k8s.api.core.v1.FlexVolumeSource", {
  driver: string({ tag: 1, required: true }),
  fsType: string({ tag: 2 }),
  secretRef: ref(LocalObjectReference, { tag: 3 }),
  readOnly: bool({ tag: 4, omitZero: true }),
  options: map(string(), { tag: 5 }),
});

export interface FlexVolumeSource extends Infer<typeof FlexVolumeSource> {}

export const CinderVolumeSource = struct("io.k8s.api.core.v1.CinderVolumeSource", {
  volumeID: string({ tag: 1, required: true }),
  fsType: string({ tag: 2 }),
  readOnly: bool({ tag: 3, omitZero: true }),
  secretRef: ref(LocalObjectReference, { tag: 4 }),
});

export interface CinderVolumeSource extends Infer<typeof CinderVolumeSource> {}

export const CephFSVolumeSource = struct("io.k8s.api.core.v1.CephFSVolumeSource", {
  monitors: list(string(), { tag: 1, required: true }),
  path: string({ tag: 2 }),
  user: string({ tag: 3 }),
  secretFile: string({ tag: 4 }),
  secretRef: ref(LocalObjectReference, { tag: 5 }),
  readOnly: bool({ tag: 6, omitZero: true }),
});

export interface CephFSVolumeSource extends Infer<typeof CephFSVolumeSource> {}

export const FlockerVolumeSource = struct("io.k8s.api.core.v1.FlockerVolumeSource", {
  datasetName: string({ tag: 1 }),
  datasetUUID: string({ tag: 2 }),
});

export interface FlockerVolumeSource extends Infer<typeof FlockerVolumeSource> {}

export const DownwardAPIVolumeFile = struct(
  "io.k8s.api.core.v1.DownwardAPIVolumeFile",
  {
    path: string({ tag: 1, required: true }),
    fieldRef: ref(ObjectFieldSelector, { tag: 2 }),
    resourceFieldRef: ref(ResourceFieldSelector, { tag: 3 }),
    mode: int({ tag: 4 }),
  },
  { check: (v, path) => checkDownwardFile(v, path) },
);

export interface DownwardAPIVolumeFile extends Infer<typeof DownwardAPIVolumeFile> {}

export const DownwardAPIVolumeSource = struct(
  "io.k8s.api.core.v1.DownwardAPIVolumeSource",
  {
    items: list(DownwardAPIVolumeFile, { tag: 1 }),
    defaultMode: int({ tag: 2 }),
  },
  { derive: (v) => deriveFileModes(v), check: (v, path) => checkModes(v, path) },
);

export interface DownwardAPIVolumeSource extends Infer<typeof DownwardAPIVolumeSource> {}

export const FCVolumeSource = struct("io.k8s.api.core.v1.FCVolumeSource", {
  targetWWNs: list(string(), { tag: 1 }),
  lun: int({ tag: 2 }),
  fsType: string({ tag: 3 }),
  readOnly: bool({ tag: 4, omitZero: true }),
  wwids: list(string(), { tag: 5 }),
});

export interface FCVolumeSource extends Infer<typeof FCVolumeSource> {}

export const AzureFileVolumeSource = struct("io.k8s.api.core.v1.AzureFileVolumeSource", {
  secretName: string({ tag: 1, required: true }),
  shareName: string({ tag: 2, required: true }),
  readOnly: bool({ tag: 3, omitZero: true }),
});

export interface AzureFileVolumeSource extends Infer<typeof AzureFileVolumeSource> {}

export const ConfigMapVolumeSource = struct(
  "io.k8s.api.core.v1.ConfigMapVolumeSource",
  {
    ...inlined(LocalObjectReference, 1),
    items: list(KeyToPath, { tag: 2, description: "Keys to take instead of all." }),
    defaultMode: int({ tag: 3, description: "Permissions of the files, 0644 by default. JSON has no octal numbers." }),
    optional: bool({ tag: 4, description: "The ConfigMap may be missing." }),
  },
  { derive: (v) => deriveFileModes(v), check: (v, path) => checkConfigMapVolume(v, path) },
);

export interface ConfigMapVolumeSource extends Infer<typeof ConfigMapVolumeSource> {}

export const VsphereVirtualDiskVolumeSource = struct("io.k8s.api.core.v1.VsphereVirtualDiskVolumeSource", {
  volumePath: string({ tag: 1, required: true }),
  fsType: string({ tag: 2 }),
  storagePolicyName: string({ tag: 3 }),
  storagePolicyID: string({ tag: 4 }),
});

export interface VsphereVirtualDiskVolumeSource extends Infer<typeof VsphereVirtualDiskVolumeSource> {}

export const QuobyteVolumeSource = struct("io.k8s.api.core.v1.QuobyteVolumeSource", {
  registry: string({ tag: 1, required: true }),
  volume: string({ tag: 2, required: true }),
  readOnly: bool({ tag: 3, omitZero: true }),
  user: string({ tag: 4 }),
  group: string({ tag: 5 }),
  tenant: string({ tag: 6 }),
});

export interface QuobyteVolumeSource extends Infer<typeof QuobyteVolumeSource> {}

export const AzureDiskVolumeSource = struct("io.k8s.api.core.v1.AzureDiskVolumeSource", {
  diskName: string({ tag: 1, required: true }),
  diskURI: string({ tag: 2, required: true }),
  cachingMode: enumOf(["None", "ReadOnly", "ReadWrite"], { tag: 3, default: "ReadWrite" }),
  fsType: string({ tag: 4, default: "ext4" }),
  readOnly: bool({ tag: 5, default: false }),
  kind: enumOf(["Shared", "Dedicated", "Managed"], { tag: 6, default: "Shared" }),
});

export interface AzureDiskVolumeSource extends Infer<typeof AzureDiskVolumeSource> {}

export const PhotonPersistentDiskVolumeSource = struct("io.k8s.api.core.v1.PhotonPersistentDiskVolumeSource", {
  pdID: string({ tag: 1, required: true }),
  fsType: string({ tag: 2 }),
});

export interface PhotonPersistentDiskVolumeSource extends Infer<typeof PhotonPersistentDiskVolumeSource> {}

export const SecretProjection = struct("io.k8s.api.core.v1.SecretProjection", {
  ...inlined(LocalObjectReference, 1),
  items: list(KeyToPath, { tag: 2 }),
  optional: bool({ tag: 4 }),
});

export interface SecretProjection extends Infer<typeof SecretProjection> {}

export const DownwardAPIProjection = struct("io.k8s.api.core.v1.DownwardAPIProjection", {
  items: list(DownwardAPIVolumeFile, { tag: 1 }),
});

export interface DownwardAPIProjection extends Infer<typeof DownwardAPIProjection> {}

export const ConfigMapProjection = struct("io.k8s.api.core.v1.ConfigMapProjection", {
  ...inlined(LocalObjectReference, 1),
  items: list(KeyToPath, { tag: 2 }),
  optional: bool({ tag: 4 }),
});

export interface ConfigMapProjection extends Infer<typeof ConfigMapProjection> {}

export const ServiceAccountTokenProjection = struct(
  "io.k8s.api.core.v1.ServiceAccountTokenProjection",
  {
    audience: string({ tag: 1, description: "Who shall accept the token." }),
    expirationSeconds: long({ tag: 2, description: "How long a token is valid; it is renewed in time." }),
    path: string({ tag: 3, description: "Path of the file inside the volume.", required: true }),
  },
  { derive: (v) => deriveTokenProjection(v) },
);

export interface ServiceAccountTokenProjection extends Infer<typeof ServiceAccountTokenProjection> {}

export const ClusterTrustBundleProjection = struct("io.k8s.api.core.v1.ClusterTrustBundleProjection", {
  name: string({ tag: 1 }),
  signerName: string({ tag: 2 }),
  labelSelector: ref(LabelSelector, { tag: 3 }),
  optional: bool({ tag: 5 }),
  path: string({ tag: 4, required: true }),
});

export interface ClusterTrustBundleProjection extends Infer<typeof ClusterTrustBundleProjection> {}

export const PodCertificateProjection = struct("io.k8s.api.core.v1.PodCertificateProjection", {
  signerName: string({ tag: 1, required: true }),
  keyType: string({ tag: 2, required: true }),
  maxExpirationSeconds: int({ tag: 3 }),
  credentialBundlePath: string({ tag: 4 }),
  keyPath: string({ tag: 5 }),
  certificateChainPath: string({ tag: 6 }),
  userAnnotations: map(string(), { tag: 7 }),
});

export interface PodCertificateProjection extends Infer<typeof PodCertificateProjection> {}

export const VolumeProjection = struct(
  "io.k8s.api.core.v1.VolumeProjection",
  {
    secret: ref(SecretProjection, { tag: 1 }),
    downwardAPI: ref(DownwardAPIProjection, { tag: 2 }),
    configMap: ref(ConfigMapProjection, { tag: 3 }),
    serviceAccountToken: ref(ServiceAccountTokenProjection, { tag: 4 }),
    clusterTrustBundle: ref(ClusterTrustBundleProjection, { tag: 5 }),
    podCertificate: ref(PodCertificateProjection, { tag: 6 }),
  },
  { check: (v, path) => checkProjection(v, path) },
);

export interface VolumeProjection extends Infer<typeof VolumeProjection> {}

export const ProjectedVolumeSource = struct(
  "io.k8s.api.core.v1.ProjectedVolumeSource",
  {
    sources: list(VolumeProjection, { tag: 1 }),
    defaultMode: int({ tag: 2 }),
  },
  { derive: (v) => deriveFileModes(v), check: (v, path) => checkModes(v, path) },
);

export interface ProjectedVolumeSource extends Infer<typeof ProjectedVolumeSource> {}

export const PortworxVolumeSource = struct("io.k8s.api.core.v1.PortworxVolumeSource", {
  volumeID: string({ tag: 1, required: true }),
  fsType: string({ tag: 2 }),
  readOnly: bool({ tag: 3, omitZero: true }),
});

export interface PortworxVolumeSource extends Infer<typeof PortworxVolumeSource> {}

export const ScaleIOVolumeSource = struct("io.k8s.api.core.v1.ScaleIOVolumeSource", {
  gateway: string({ tag: 1, required: true }),
  system: string({ tag: 2, required: true }),
  secretRef: ref(LocalObjectReference, { tag: 3, required: true }),
  sslEnabled: bool({ tag: 4, omitZero: true }),
  protectionDomain: string({ tag: 5 }),
  storagePool: string({ tag: 6 }),
  storageMode: string({ tag: 7, default: "ThinProvisioned" }),
  volumeName: string({ tag: 8 }),
  fsType: string({ tag: 9, default: "xfs" }),
  readOnly: bool({ tag: 10, omitZero: true }),
});

export interface ScaleIOVolumeSource extends Infer<typeof ScaleIOVolumeSource> {}

export const StorageOSVolumeSource = struct("io.k8s.api.core.v1.StorageOSVolumeSource", {
  volumeName: string({ tag: 1 }),
  volumeNamespace: string({ tag: 2 }),
  fsType: string({ tag: 3 }),
  readOnly: bool({ tag: 4, omitZero: true }),
  secretRef: ref(LocalObjectReference, { tag: 5 }),
});

export interface StorageOSVolumeSource extends Infer<typeof StorageOSVolumeSource> {}

export const CSIVolumeSource = struct("io.k8s.api.core.v1.CSIVolumeSource", {
  driver: string({ tag: 1, required: true }),
  readOnly: bool({ tag: 2 }),
  fsType: string({ tag: 3 }),
  volumeAttributes: map(string(), { tag: 4 }),
  nodePublishSecretRef: ref(LocalObjectReference, { tag: 5 }),
});

export interface CSIVolumeSource extends Infer<typeof CSIVolumeSource> {}

export const PersistentVolumeClaimSpec = struct(
  "io.k8s.api.core.v1.PersistentVolumeClaimSpec",
  {
    accessModes: list(enumOf(["ReadWriteOnce", "ReadOnlyMany", "ReadWriteMany", "ReadWriteOncePod"]), { tag: 1 }),
    selector: ref(LabelSelector, { tag: 4 }),
    resources: ref(VolumeResourceRequirements, { tag: 2 }),
    volumeName: string({ tag: 3 }),
    storageClassName: string({ tag: 5, keepEmpty: true }),
    volumeMode: enumOf(["Block", "Filesystem"], { tag: 6 }),
    dataSource: ref(TypedLocalObjectReference, { tag: 7 }),
    dataSourceRef: ref(TypedObjectReference, { tag: 8 }),
    volumeAttributesClassName: string({ tag: 9, keepEmpty: true }),
  },
  { derive: (v) => deriveEphemeralClaim(v) },
);

export interface PersistentVolumeClaimSpec extends Infer<typeof PersistentVolumeClaimSpec> {}

export const PersistentVolumeClaimTemplate = struct("io.k8s.api.core.v1.PersistentVolumeClaimTemplate", {
  metadata: ref(ObjectMeta, { tag: 1 }),
  spec: ref(PersistentVolumeClaimSpec, { tag: 2, required: true }),
});

export interface PersistentVolumeClaimTemplate extends Infer<typeof PersistentVolumeClaimTemplate> {}

export const EphemeralVolumeSource = struct("io.k8s.api.core.v1.EphemeralVolumeSource", {
  volumeClaimTemplate: ref(PersistentVolumeClaimTemplate, { tag: 1 }),
});

export interface EphemeralVolumeSource extends Infer<typeof EphemeralVolumeSource> {}

export const ImageVolumeSource = struct(
  "io.k8s.api.core.v1.ImageVolumeSource",
  {
    reference: string({ tag: 1 }),
    pullPolicy: enumOf(["Always", "Never", "IfNotPresent"], { tag: 2 }),
  },
  { derive: (v) => deriveImageVolume(v) },
);

export interface ImageVolumeSource extends Infer<typeof ImageVolumeSource> {}

export const VolumeSource = struct("io.k8s.api.core.v1.VolumeSource", {
  hostPath: ref(HostPathVolumeSource, { tag: 1, description: "A file or folder of the node." }),
  emptyDir: ref(EmptyDirVolumeSource, { tag: 2, description: "A folder that begins empty and goes with the pod." }),
  gcePersistentDisk: ref(GCEPersistentDiskVolumeSource, { tag: 3 }),
  awsElasticBlockStore: ref(AWSElasticBlockStoreVolumeSource, { tag: 4 }),
  gitRepo: ref(GitRepoVolumeSource, { tag: 5 }),
  secret: ref(SecretVolumeSource, { tag: 6, description: "Keys of a Secret as files." }),
  nfs: ref(NFSVolumeSource, { tag: 7, description: "A folder of an NFS server." }),
  iscsi: ref(ISCSIVolumeSource, { tag: 8 }),
  glusterfs: ref(GlusterfsVolumeSource, { tag: 9 }),
  persistentVolumeClaim: ref(PersistentVolumeClaimVolumeSource, {
    tag: 10,
    description: "A claim of the same namespace.",
  }),
  rbd: ref(RBDVolumeSource, { tag: 11 }),
  flexVolume: ref(FlexVolumeSource, { tag: 12 }),
  cinder: ref(CinderVolumeSource, { tag: 13 }),
  cephfs: ref(CephFSVolumeSource, { tag: 14 }),
  flocker: ref(FlockerVolumeSource, { tag: 15 }),
  downwardAPI: ref(DownwardAPIVolumeSource, { tag: 16, description: "Fields of the pod as files." }),
  fc: ref(FCVolumeSource, { tag: 17 }),
  azureFile: ref(AzureFileVolumeSource, { tag: 18 }),
  configMap: ref(ConfigMapVolumeSource, { tag: 19, description: "Keys of a ConfigMap as files." }),
  vsphereVolume: ref(VsphereVirtualDiskVolumeSource, { tag: 20 }),
  quobyte: ref(QuobyteVolumeSource, { tag: 21 }),
  azureDisk: ref(AzureDiskVolumeSource, { tag: 22 }),
  photonPersistentDisk: ref(PhotonPersistentDiskVolumeSource, { tag: 23 }),
  projected: ref(ProjectedVolumeSource, { tag: 26, description: "Several of these in one folder." }),
  portworxVolume: ref(PortworxVolumeSource, { tag: 24 }),
  scaleIO: ref(ScaleIOVolumeSource, { tag: 25 }),
  storageos: ref(StorageOSVolumeSource, { tag: 27 }),
  csi: ref(CSIVolumeSource, { tag: 28, description: "Storage of a driver that lives as long as the pod." }),
  ephemeral: ref(EphemeralVolumeSource, { tag: 29, description: "A claim that is made for the pod and goes with it." }),
  image: ref(ImageVolumeSource, { tag: 30, description: "The files of an image, read-only." }),
});

export interface VolumeSource extends Infer<typeof VolumeSource> {}

export const Volume = struct(
  "io.k8s.api.core.v1.Volume",
  {
    name: string({ tag: 1, description: "Unique within the pod; mounts refer to it.", required: true }),
    ...inlined(VolumeSource, 2),
  },
  {
    description: "Storage that containers of a pod can mount; exactly one source.",
    derive: (v) => deriveVolume(v),
    check: (v, path) => checkVolume(v, path),
  },
);

export interface Volume extends Infer<typeof Volume> {}

export const VolumeMount = struct(
  "io.k8s.api.core.v1.VolumeMount",
  {
    name: string({ tag: 1, description: "The volume of the pod.", required: true }),
    readOnly: bool({ tag: 2, omitZero: true, description: "Keep the container from writing." }),
    recursiveReadOnly: string({ tag: 7 }),
    mountPath: string({ tag: 3, description: "Folder in the container.", required: true }),
    subPath: string({ tag: 4, description: "Part of the volume to mount instead of all." }),
    mountPropagation: enumOf(["None", "HostToContainer", "Bidirectional"], {
      tag: 5,
      description: "Whether mounts made later are seen on the other side.",
    }),
    subPathExpr: string({ tag: 6, description: "The same with variables of the environment in it." }),
  },
  { description: "A volume and where it appears in a container.", check: (v, path) => checkVolumeMount(v, path) },
);

export interface VolumeMount extends Infer<typeof VolumeMount> {}

export const VolumeDevice = struct("io.k8s.api.core.v1.VolumeDevice", {
  name: string({ tag: 1, required: true }),
  devicePath: string({ tag: 2, required: true }),
});

export interface VolumeDevice extends Infer<typeof VolumeDevice> {}
