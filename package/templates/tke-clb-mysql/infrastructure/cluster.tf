resource "random_password" "login" {
  length  = 16
  special = false
}

resource "tencentcloud_kubernetes_cluster" "app" {
  cluster_name            = "${var.cloudapp_name}-cluster"
  cluster_version         = "1.30.0"
  cluster_os              = "tlinux3.1x86_64"
  cluster_deploy_type     = "MANAGED_CLUSTER"
  container_runtime       = "containerd"
  vpc_id                  = var.app_target.vpc.id
  cluster_cidr            = var.cluster_cidr
  cluster_max_pod_num     = 64
  cluster_max_service_num = 256

  worker_config {
    count              = 2
    instance_type      = var.node_type.instance_type
    availability_zone  = var.app_target.subnet.zone
    subnet_id          = var.app_target.subnet.id
    security_group_ids = [tencentcloud_security_group.inside.id]
    system_disk_type   = "CLOUD_BSSD"
    system_disk_size   = 50
    cam_role_name      = var.cloudapp_cam_role
    password           = random_password.login.result
  }
}
