resource "random_password" "database" {
  length           = 20
  min_lower        = 1
  min_upper        = 1
  min_numeric      = 1
  min_special      = 1
  override_special = "_+-&=!@#%^*()"
}

resource "tencentcloud_mysql_instance" "app" {
  instance_name     = "${var.cloudapp_name}-database"
  engine_version    = "8.0"
  cpu               = 1
  mem_size          = 1000
  volume_size       = 50
  charge_type       = "POSTPAID"
  availability_zone = var.app_target.subnet.zone
  vpc_id            = var.app_target.vpc.id
  subnet_id         = var.app_target.subnet.id
  security_groups   = [tencentcloud_security_group.inside.id]
  root_password     = random_password.database.result
  force_delete      = true
}
