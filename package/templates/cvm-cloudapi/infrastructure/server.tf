resource "random_password" "login" {
  length  = 16
  special = false
}

resource "tencentcloud_instance" "app" {
  instance_name           = "${var.cloudapp_name}-app"
  availability_zone       = var.app_target.subnet.zone
  image_id                = var.image_id
  instance_type           = var.server_type.instance_type
  instance_charge_type    = "POSTPAID_BY_HOUR"
  vpc_id                  = var.app_target.vpc.id
  subnet_id               = var.app_target.subnet.id
  orderly_security_groups = [var.app_group.security_group.id]
  password                = random_password.login.result
  system_disk_type        = "CLOUD_BSSD"
  system_disk_size        = 50
  # The application gets short-lived keys of this role from the machine's metadata; it may do what role.policy allows.
  cam_role_name = var.cloudapp_cam_role
}
