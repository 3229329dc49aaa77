#!/usr/bin/env bash
# Disturbs one component of the local cluster, and puts it right again; what it stores is kept.
# Usage: component.sh stop|start|restart NAME
# `start` of one that is well does nothing, so that whoever tidies up need not know.
set -euo pipefail
cd "$(dirname "$0")"
source lib/common.sh
source lib/components.sh
source lib/process.sh
source lib/image.sh
source local/settings.sh
source local/cgroups.sh
source local/health.sh
source local/control-plane.sh
source local/node.sh

# launch NAME: starts it as up.sh does.
launch() {
  case $1 in
    etcd) start_etcd ;;
    kube-apiserver) start_api_server ;;
    kubelet) start_kubelet ;;
    kube-proxy) start_proxy ;;
    *) die "$1 is not started by itself; these are: etcd, kube-apiserver, kubelet, kube-proxy" ;;
  esac
}

start() {
  is_running "$1" || launch "$1"
  wait_for 60 healthy "$1" || die "$1 does not answer after 60 s; its log is $RUN_DIR/log/$1.log"
}

(($# == 2)) || die "usage: component.sh stop|start|restart NAME"
[[ -e $RUN_DIR/fingerprint ]] || die "there is no local cluster; make cluster-up brings one up"
[[ " ${COMPONENTS[*]} " == *" $2 "* ]] || die "there is no component $2; these are: ${COMPONENTS[*]}"
case $1 in
  stop) process_stop "$2" ;;
  start) start "$2" ;;
  restart)
    process_stop "$2"
    start "$2"
    ;;
  *) die "usage: component.sh stop|start|restart NAME" ;;
esac
