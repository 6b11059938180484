resource "random_password" "login" {
  length  = 16
  special = false
}

resource "tencentcloud_instance" "app" {
  instance_name              = "${var.cloudapp_name}-app"
  availability_zone          = var.network_source == "new" ? var.app_place.zone : var.app_target.subnet.zone
  image_id                   = var.image_id
  instance_type              = var.server_type.instance_type
  instance_charge_type       = "POSTPAID_BY_HOUR"
  vpc_id                     = var.network_source == "new" ? tencentcloud_vpc.app[0].id : var.app_target.vpc.id
  subnet_id                  = var.network_source == "new" ? tencentcloud_subnet.app[0].id : var.app_target.subnet.id
  orderly_security_groups    = [tencentcloud_security_group.app.id]
  password                   = random_password.login.result
  system_disk_type           = "CLOUD_BSSD"
  system_disk_size           = 50
  allocate_public_ip         = true
  internet_max_bandwidth_out = 10
}
