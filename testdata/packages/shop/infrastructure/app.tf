resource "tencentcloud_kubernetes_cluster" "api" {
  cluster_name            = "${var.cloudapp_id}-api"
  cluster_version         = "1.30.0"
  cluster_os              = "tlinux3.1x86_64"
  cluster_deploy_type     = "MANAGED_CLUSTER"
  container_runtime       = "containerd"
  vpc_id                  = var.app_target.vpc.id
  cluster_cidr            = var.cluster_cidr
  cluster_max_pod_num     = 64
  cluster_max_service_num = 256

  worker_config {
    count              = 1
    instance_type      = var.server_type.instance_type
    availability_zone  = var.app_target.subnet.zone
    subnet_id          = var.app_target.subnet.id
    security_group_ids = [tencentcloud_security_group.inside.id]
    system_disk_type   = "CLOUD_BSSD"
    system_disk_size   = 50
    cam_role_name      = var.cloudapp_cam_role
    password           = random_password.login.result
  }

  labels = {
    "shop/role" : "api"
  }
}

resource "cloudapp_helm_app" "api" {
  cluster_id     = tencentcloud_kubernetes_cluster.api.id
  chart_src      = "../software/chart"
  chart_username = var.cloudapp_repo_username
  chart_password = var.cloudapp_repo_password

  chart_values = {
    image = {
      registry = var.cloudapp_repo_server
      name     = "shop-api"
      tag      = "1.4.0"
    }
    replicas = 2
    service = {
      annotations = {
        "service.kubernetes.io/qcloud-loadbalancer-internal-subnetid" = var.app_target.subnet.id
      }
    }
    database = {
      host     = tencentcloud_mysql_instance.orders.intranet_ip
      port     = tencentcloud_mysql_instance.orders.intranet_port
      user     = "root"
      password = random_password.database.result
    }
  }
}

resource "cloudapp_tke_service" "api" {
  resource_manager = "helm"
  chart_config = {
    cluster_id   = tencentcloud_kubernetes_cluster.api.id
    chart_id     = cloudapp_helm_app.api.id
    service_name = "shop-api"
  }
}

resource "cloudapp_api_handler" "api" {
  vpc_id           = var.app_target.vpc.id
  host             = cloudapp_tke_service.api.host
  handler_protocol = "http"
  handler_path     = "/v1/:api_name"
}

resource "cloudapp_api" "list_orders" {
  handler_id = cloudapp_api_handler.api.id
  api_name   = "ListOrders"
  api_desc   = "Orders of a day"
}

resource "cloudapp_api" "close_shop" {
  handler_id = cloudapp_api_handler.api.id
  api_name   = "CloseShop"
  api_desc   = "Takes no more orders"
}
