{{- define "longhaul.pod" -}}
automountServiceAccountToken: false
# A service called longhaul would set LONGHAUL_… variables, which are the program's options.
enableServiceLinks: false
terminationGracePeriodSeconds: {{ include "longhaul.grace" . }}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  runAsGroup: 65532
  fsGroup: 65532
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: {type: RuntimeDefault}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "longhaul.container" -}}
image: {{ include "longhaul.image" .root }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
env:
  - name: POD_IP
    valueFrom: {fieldRef: {fieldPath: status.podIP}}
  - name: POD_NAME
    valueFrom: {fieldRef: {fieldPath: metadata.name}}
resources:
  requests: {cpu: {{ .own.cpu }}, memory: {{ .own.memory }}}
  limits: {cpu: {{ .own.cpu }}, memory: {{ .own.memory }}}
{{- end }}

{{- define "longhaul.coordinatorPod" -}}
{{ include "longhaul.pod" . }}
containers:
  - name: coordinator
    {{- include "longhaul.container" (dict "root" . "own" .Values.coordinator) | nindent 4 }}
    args:
      - serve
      {{- with .Values.model.path }}
      - {{ . }}
      {{- end }}
      - --cluster=/run/longhaul/cluster
      - --listen=tcp://$(POD_IP):7070
      - --results=tcp://$(POD_IP):7071
      - --http=0.0.0.0:8080
      - --api-keys=/run/longhaul/api/api-keys
      - --workers={{ .Values.workers.count }}
      - --context={{ .Values.context }}
      - --sequences={{ .Values.sequences }}
      - --drain-timeout={{ .Values.drainSeconds }}
      - --weights-cache=/var/cache/longhaul
      - --log-format=json
      - --metrics
      {{- range .Values.coordinator.extraArgs }}
      - {{ . | quote }}
      {{- end }}
    ports:
      - {name: http, containerPort: 8080}
      - {name: control, containerPort: 7070}
      - {name: results, containerPort: 7071}
    startupProbe:
      httpGet: {path: /startup, port: http}
      periodSeconds: 10
      failureThreshold: {{ .Values.workers.startupTries }}
    # The process alone: a lost worker restarts no coordinator.
    livenessProbe:
      httpGet: {path: /live, port: http}
      periodSeconds: 10
      failureThreshold: 6
    readinessProbe:
      httpGet: {path: /ready, port: http}
      periodSeconds: 5
    lifecycle: {preStop: {sleep: {seconds: {{ .Values.preStopSeconds }}}}}
    volumeMounts:
      - {name: cluster, mountPath: /run/longhaul/cluster, readOnly: true}
      - {name: api, mountPath: /run/longhaul/api, readOnly: true}
      - {name: cache, mountPath: /var/cache/longhaul}
      - {name: tmp, mountPath: /tmp}
      {{- with .Values.model.volume }}
      - {name: models, mountPath: /models, readOnly: true}
      {{- end }}
volumes:
  - name: cluster
    secret:
      secretName: {{ .Values.keys.secret }}
      defaultMode: 0440
      items: [{key: coordinator.key, path: coordinator.key}, {key: workers, path: workers}]
  - name: api
    secret: {secretName: {{ .Values.keys.apiSecret }}, defaultMode: 0440}
  - {name: tmp, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
  {{- with .Values.model.volume }}
  - name: models
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}

{{- define "longhaul.workerPod" -}}
{{ include "longhaul.pod" .root }}
{{- $root := .root }}
{{- with .root.Values.workers }}
{{- if ne .spread "none" }}
affinity:
  podAntiAffinity:
    {{- $term := dict "topologyKey" "kubernetes.io/hostname" "labelSelector" (dict "matchLabels" (merge (include "longhaul.selector" $root | fromYaml) (dict "app.kubernetes.io/component" "worker"))) }}
    {{- if eq .spread "required" }}
    requiredDuringSchedulingIgnoredDuringExecution:
      - {{ toJson $term }}
    {{- else }}
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm: {{ toJson $term }}
    {{- end }}
{{- end }}
containers:
  - name: worker
    {{- include "longhaul.container" (dict "root" $root "own" .) | nindent 4 }}
    args:
      - worker
      - --keys=/run/longhaul/worker.key
      - --coordinator=tcp://{{ $.coordinator }}:7070
      - --data=tcp://$(POD_IP):7080
      - --share=tcp://$(POD_IP):7081
      - --http=0.0.0.0:7090
      - --weights-cache=/var/cache/longhaul
      - --log-format=json
      {{- range .extraArgs }}
      - {{ . | quote }}
      {{- end }}
    ports:
      - {name: probes, containerPort: 7090}
      - {name: data, containerPort: 7080}
      - {name: share, containerPort: 7081}
    startupProbe:
      httpGet: {path: /live, port: probes}
      periodSeconds: 10
      failureThreshold: {{ .startupTries }}
    livenessProbe:
      httpGet: {path: /live, port: probes}
      periodSeconds: 10
      failureThreshold: 6
    readinessProbe:
      httpGet: {path: /ready, port: probes}
      periodSeconds: 5
    volumeMounts:
      - {name: keys, mountPath: /run/longhaul/worker.key, subPathExpr: $(POD_NAME).key, readOnly: true}
      - {name: cache, mountPath: /var/cache/longhaul}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: keys
    secret: {secretName: {{ $root.Values.keys.secret }}, defaultMode: 0440}
  - {name: tmp, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
{{- end }}
{{- end }}
