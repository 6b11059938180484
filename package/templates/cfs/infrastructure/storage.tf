resource "tencentcloud_cfs_access_group" "app" {
  name        = "${var.cloudapp_name}-files"
  description = "Servers of the application"
}

resource "tencentcloud_cfs_access_rule" "app" {
  access_group_id = tencentcloud_cfs_access_group.app.id
  auth_client_ip  = var.app_target.vpc.cidr_block
  priority        = 1
  rw_permission   = "RW"
  user_permission = "no_root_squash"
}

resource "tencentcloud_cfs_file_system" "app" {
  name              = "${var.cloudapp_name}-files"
  availability_zone = var.app_target.subnet.zone
  vpc_id            = var.app_target.vpc.id
  subnet_id         = var.app_target.subnet.id
  access_group_id   = tencentcloud_cfs_access_group.app.id
  protocol          = "NFS"
  storage_type      = "SD"
}
