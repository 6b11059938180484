resource "tencentcloud_clb_instance" "entry" {
  clb_name                     = "${var.cloudapp_name}-entry"
  network_type                 = "OPEN"
  vpc_id                       = var.app_target.vpc.id
  security_groups              = [var.app_group.security_group.id]
  load_balancer_pass_to_target = true
  internet_charge_type         = "TRAFFIC_POSTPAID_BY_HOUR"
  internet_bandwidth_max_out   = 10
}

resource "tencentcloud_clb_listener" "http" {
  clb_id        = tencentcloud_clb_instance.entry.id
  listener_name = "http"
  port          = 80
  protocol      = "TCP"
}

resource "tencentcloud_clb_attachment" "app" {
  count = var.server_count

  clb_id      = tencentcloud_clb_instance.entry.id
  listener_id = tencentcloud_clb_listener.http.id

  targets {
    instance_id = tencentcloud_instance.app[count.index].id
    port        = 8080
    weight      = 10
  }
}
