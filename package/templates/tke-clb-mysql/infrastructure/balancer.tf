resource "tencentcloud_clb_instance" "entry" {
  clb_name                     = "${var.cloudapp_name}-entry"
  network_type                 = "OPEN"
  vpc_id                       = var.app_target.vpc.id
  security_groups              = [var.app_group.security_group.id]
  load_balancer_pass_to_target = true
  internet_charge_type         = "TRAFFIC_POSTPAID_BY_HOUR"
  internet_bandwidth_max_out   = 10
}
