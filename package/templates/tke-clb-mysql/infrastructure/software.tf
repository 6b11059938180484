resource "cloudapp_helm_app" "app" {
  cluster_id     = tencentcloud_kubernetes_cluster.app.id
  chart_src      = "../software/chart"
  chart_username = var.cloudapp_repo_username
  chart_password = var.cloudapp_repo_password

  chart_values = {
    image = "${var.cloudapp_repo_server}/${var.image}"
    registry = {
      server   = var.cloudapp_repo_server
      username = var.cloudapp_repo_username
      password = var.cloudapp_repo_password
    }
    balancer = tencentcloud_clb_instance.entry.id
    database = {
      host     = tencentcloud_mysql_instance.app.intranet_ip
      port     = tencentcloud_mysql_instance.app.intranet_port
      password = random_password.database.result
    }
  }
}
